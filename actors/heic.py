"""Makes Pillow read HEIC, by a plugin that is an optional part of the installation.

Owns: what of the plugin is used: the one picture, decoded in the thread that asks for it.
Never: is imported but by whoever opens a HEIC, in a child: the import is what registers the plugin.

A picture's own thumbnails are left alone: they would be shown in its place, whatever they are of.
"""

from pillow_heif import register_heif_opener

register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
