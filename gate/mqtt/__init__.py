"""How a gate talks with the server: MQTT for small signed messages, HTTP(S) for rosters and claims."""
