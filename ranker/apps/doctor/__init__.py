"""The command `ranker doctor`: what is in force on this machine, where it comes from, and what to do about what is wrong."""
