// Times as WeChat writes them between messages, in Beijing, seen from the simulated now.

const zone = { timeZone: "Asia/Shanghai", hourCycle: "h23" };
const parts = new Intl.DateTimeFormat("zh-CN", {
  ...zone, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const WEEKDAYS = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
export const DAY = 86400000;

export function beijing(date) {
  const found = Object.fromEntries(parts.formatToParts(date).map((part) => [part.type, part.value]));
  const { year, month, day, hour, minute, second } = found;
  const midnight = Date.UTC(year, month - 1, day) - 8 * 3600000;
  return { year: +year, month: +month, day: +day, clock: `${hour}:${minute}`, second, midnight, weekday: WEEKDAYS[new Date(midnight + 8 * 3600000).getUTCDay()] };
}

export function stamp(at, now) {
  const then = beijing(at);
  const days = Math.round((beijing(now).midnight - then.midnight) / DAY);
  if (days === 0) return then.clock;
  if (days === 1) return `昨天 ${then.clock}`;
  if (days > 1 && days < 7) return `${then.weekday} ${then.clock}`;
  const date = `${then.month}月${then.day}日 ${then.clock}`;
  return then.year === beijing(now).year ? date : `${then.year}年${date}`;
}

// The next 8:00 in Beijing after this moment.
export function nextMorning(now) {
  const eight = beijing(now).midnight + 8 * 3600000;
  return new Date(eight > now.getTime() ? eight : eight + DAY);
}
