// The first page follows what is extra urgent.
import { follow, taken } from "./alarm.js";

const show = taken();
if (show) follow(show);
