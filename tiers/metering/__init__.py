"""How the meter sees what each vendor bills: one module for each kind of vendor."""
