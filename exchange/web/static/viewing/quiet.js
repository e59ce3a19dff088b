// The ways out of the frame that no policy closes: connections from browser to browser (WebRTC) ask no `connect-src`. Loaded before
// everything else; a frame within the frame has another origin, so that it cannot be asked for a fresh one.
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) delete globalThis[name];
