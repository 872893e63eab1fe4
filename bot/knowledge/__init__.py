"""What the account knows: operators' YAML, read strictly, kept in one library that is replaced whole."""
