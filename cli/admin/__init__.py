"""`voicetasks admin …`: policy, money and the journal, for the people who run the product."""
