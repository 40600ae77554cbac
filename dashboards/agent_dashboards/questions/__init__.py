"""Plots that answer a question each: the data with its title as a sentence, and how it is drawn."""
