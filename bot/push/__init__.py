"""The account speaks first: the outbox, the ways to say it, the jobs that plan it, the worker that sends it."""
