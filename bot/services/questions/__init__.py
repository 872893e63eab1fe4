"""青年之声: a question is reviewed in three hours and answered in three days, by people."""
