"""The engine that carries a message to a handler and a reply back; it knows no business."""
