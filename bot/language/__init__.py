"""Words: from what was typed to candidates, times, slots; knows neither FAQ files nor WeChat."""
