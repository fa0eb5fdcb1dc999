"""The vocabulary and what is demanded of the data: terms, their drawing, shapes, and what validation found."""
