"""How a picture's file becomes the graph's input: the rules of `dataset.images`, in words."""

from __future__ import annotations

DECODING = (
    "PNG, JPEG, TIFF and BMP with one page; of several pages, none is taken silently.",
    "Turned upright as its EXIF orientation says.",
    "Grey with one channel is given as three equal ones; palettes and CMYK become RGB.",
    "8 bits a channel stay as they are.",
    "More than 8 bits: value * 255 / full scale, rounded half up; full scale is the smallest of "
    "255, 1023, 4095, 16383 and 65535 that is not below the file's largest value.",
    "Floating-point numbers: the same, and 1 is full scale if no value is above 1; negative "
    "numbers, those above 65535 and NaN are refused.",
    "Transparency is laid over black: value * opacity / 255, rounded half up; of 16-bit opacity "
    "the high byte counts.",
    "Colour profiles are ignored, and nothing is scaled, cropped or normalised: the graph does it.",
    "Given to the graph as uint8 [batch, height, width, channels], channels red, green, blue.",
)
