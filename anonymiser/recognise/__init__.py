"""Who is this face? An open-set answer that says "unsure" rather than guess."""
