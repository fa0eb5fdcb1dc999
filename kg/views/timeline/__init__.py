"""The timeline: the time spans of crises and of the answers to them, their order, and where each is drawn."""
