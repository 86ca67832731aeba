"""Figures of an agent, by docs/routing-model.md, "Order of agents"."""

PIECE_MS, PIECES = 300_000, 12


def new_figures(occupied_since_ms=0):
    return {"contacts": 0, "offered": False, "last_offered_ms": 0,
            "occupied_since_ms": occupied_since_ms, "occupied_ms": 0, "piece": 0,
            "pieces_ms": [0] * PIECES}


def occupied(figures, now_ms):
    """Of the last twelve pieces up to that of now_ms."""
    latest = max(figures["piece"], now_ms // PIECE_MS)
    return sum(figures["pieces_ms"][piece % PIECES]
               for piece in range(max(0, latest - PIECES + 1),
                                  figures["piece"] + 1))


def let_go(figures, now_ms, held):
    since = figures["occupied_since_ms"]
    figures["occupied_since_ms"] = max(since, now_ms) if held else 0
    if now_ms > since:
        while figures["piece"] < now_ms // PIECE_MS:
            figures["piece"] += 1
            figures["pieces_ms"][figures["piece"] % PIECES] = 0
        for piece in range(max(0, figures["piece"] - PIECES + 1),
                           now_ms // PIECE_MS + 1):
            within = (min(now_ms, (piece + 1) * PIECE_MS) -
                      max(since, piece * PIECE_MS))
            figures["pieces_ms"][piece % PIECES] += max(0, within)
    figures["occupied_ms"] = occupied(figures, now_ms)
