"""What events tell of holds: for whom a contact waits, and panel choices, which
are kept by sixteen minutes, for four hours."""

PANEL_SOURCE = 3  # of preferred agents
PIECES, PIECE_MS = 15, 960_000


def hold_of(event):
    """For whom the event's contact waits alone after it."""
    held = event["held_for"] != b""
    return {"held_for": event["held_for"],
            "held_since_ms": event["at_ms"] if held else 0,
            "held_until_ms": event["held_until_ms"] if held else 0}


def choose(agents, submitted, detail):
    """Counts whom the customer chose from a panel, if it is held for it."""
    preferred = detail["preferred_agents"]
    agent = agents.get(submitted["held_for"])
    if not preferred or preferred["source"] != PANEL_SOURCE or not agent:
        return
    panel = agent["panel"] or {"piece": 0, "pieces": [0] * PIECES}
    piece = max(panel["piece"], submitted["at_ms"] // PIECE_MS)
    for empty in range(max(panel["piece"] + 1, piece - PIECES + 1), piece + 1):
        panel["pieces"][empty % PIECES] = 0
    panel["piece"] = piece
    panel["pieces"][piece % PIECES] += 1
    agent["panel"] = panel
