"""How fast tasks are listed, found and made, by one who has very many and among very many who have some."""
