"""The record put to the test: real processes killed, cut off and starved, then judged by witnesses of their own."""
