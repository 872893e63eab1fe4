// The button by which WeChat asks whether we may remind. Without WeChat's script the section stays hidden.
(function () {
  var section = document.getElementById("notices");
  if (!section || !window.wx || !wx.config) return;
  var said = section.dataset;
  wx.config({
    appId: said.app, timestamp: Number(said.timestamp), nonceStr: said.nonce, signature: said.signature,
    jsApiList: ["checkJsApi"], openTagList: ["wx-open-subscribe"],
  });
  wx.ready(function () { section.hidden = false; });
  document.getElementById("subscribe").addEventListener("success", function () {
    document.getElementById("answered").textContent = "好的，您的选择微信已经告诉我们了。";
  });
})();
