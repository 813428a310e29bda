"""The wire: messages, content checks, codec, close codes, and the link between the servers."""
