"""The forms of table that people print, one file each: text in, rows and printed figures out.  No torch."""
