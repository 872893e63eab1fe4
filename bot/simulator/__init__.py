"""A WeChat of our own over HTTP: its API, its push server, its followers and a phone to hold."""
