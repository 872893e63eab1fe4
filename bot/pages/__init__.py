"""Pages that people open in a browser: whether a certificate is genuine, and a file made for one follower."""
