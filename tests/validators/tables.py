"""Tables: rows of one width, and a header for each cell (7.2 and 7.5, checkpoint 15)."""


def table_findings(table):
    kinds = [child.kind for child in table.children]
    if kinds.count("THead") > 1 or kinds.count("TFoot") > 1:
        yield "7.2-11: more than one THead or TFoot"
    if ("THead" in kinds or "TFoot" in kinds) and "TBody" not in kinds:
        yield "7.2-14: THead or TFoot without TBody"
    if "Caption" in kinds[1:-1]:
        yield "7.2-3: Caption is neither first nor last"
    rows = list(rows_of(table))
    if not rows:
        yield "15-005: a table without rows"
        return
    grid, collided = grid_of(rows)
    if collided:
        yield "7.2-43: cells lie over each other"
    widths = {len(row) for row in grid}
    if len(widths) > 1 or any(cell is None for row in grid for cell in row):
        yield f"7.2-41: rows are {sorted(widths)} columns wide"
    heads = [cell for row in rows for cell in row.children if cell.kind == "TH"]
    for head in heads:
        if head.attribute("Table", "Scope") is None and head.attribute("Table", "Headers") is None:
            yield "7.5-1: TH has no Scope (15-003)"


def rows_of(table):
    for child in table.children:
        if child.kind == "TR":
            yield child
        elif child.kind in {"THead", "TBody", "TFoot"}:
            yield from (row for row in child.children if row.kind == "TR")


def grid_of(rows):
    """The cells by row and column, and whether any two claim one place."""
    grid, collided = [[] for _ in rows], False
    for y, row in enumerate(rows):
        for cell in row.children:
            across, down = span(cell, "ColSpan"), span(cell, "RowSpan")
            x = next((x for x, taken in enumerate(grid[y]) if taken is None), len(grid[y]))
            for line in grid[y : y + down]:
                line.extend([None] * (x + across - len(line)))
                for column in range(x, x + across):
                    collided |= line[column] is not None
                    line[column] = cell
    return grid, collided


def span(cell, key):
    return int(cell.attribute("Table", key) or 1)
