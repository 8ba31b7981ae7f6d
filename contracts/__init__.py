"""What gates and the server say to each other: payloads, topics, signatures, and the codes both sides share."""
