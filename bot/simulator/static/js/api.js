// The control API, as the page uses it.

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `HTTP ${response.status}`);
  return answer;
}

const follower = (openid) => `/sim/followers/${encodeURIComponent(openid)}`;

export const api = {
  state: (query) => call("GET", `/sim/phone?${new URLSearchParams(query)}`),
  inbox: (openid) => call("GET", `${follower(openid)}/inbox`),
  meet: (options) => call("POST", "/sim/followers", options),
  send: (openid, message) => call("POST", `${follower(openid)}/messages`, message),
  change: (openid, settings) => call("PATCH", follower(openid), settings),
  moveClock: (body) => call("POST", "/sim/clock", body),
  faults: () => call("GET", "/sim/faults"),
  turn: (body) => call("POST", "/sim/faults", body),
  verify: () => call("POST", "/sim/verify", {}),
};
