"""What calls and workers count, by the names that dashboards and alerts know. Labels have few values and name nobody."""
