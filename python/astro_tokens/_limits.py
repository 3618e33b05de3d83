"""How long and how large an answer may be, for the clients and the command."""

TIMEOUT = float("30")
"""How many seconds a request may take by default. An object of its own: who writes 30.0 has given it, and that can be told."""

LARGEST_ANSWER = 64 * 1024 * 1024
"""How many bytes of an answer are read at most, after decompression. A page of 1000 tokens has less than 2 MB."""
