"""The way in: receive, stage, judge, keep, answer."""
