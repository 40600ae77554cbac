"""SVG as PNG, drawn on this machine with the fonts that come with the package."""

from __future__ import annotations

from pathlib import Path

_FONTS = Path(__file__).parent / "fonts"


def png(svg: str, scale: float = 2.0) -> bytes:
    """The picture, `scale` times as large as it says to be. Letters that Inter does not have are taken from the
    system's fonts, where there are any."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=scale,
            font_files=[str(_FONTS / name) for name in ("Inter-Regular.ttf", "Inter-Bold.ttf")],
            font_family="Inter",
        )
    )
