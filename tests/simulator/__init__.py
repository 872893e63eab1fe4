"""Tests of the simulated WeChat: every behaviour that a bot may rely on, over real HTTP."""
