"""The rules, one noun each: they know neither Flask nor WeChat, and never commit."""
