"""The local engine: llama.cpp in a supervised worker process, behind a small protocol."""
