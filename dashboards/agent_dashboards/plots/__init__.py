"""Plots as geometry: positions and sizes in per cent of their SVG, so that letters keep their size when it shrinks."""
