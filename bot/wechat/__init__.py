"""The wire: what WeChat sends and shows, decoded into values and rendered back; the only room that imports wechatpy."""
