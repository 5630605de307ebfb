"use strict";
(() => {
	const HISTORY = 120; // intervals that are kept and drawn

	// What is drawn. A series is its name, where in a snapshot it is, or the places that are added up, and what to make of
	// it: the growth of a count per second, or a figure as it is. One that a snapshot does not have is left out.
	const rate = (name, path) => ({ name, path, rate: true });
	const ofType = (...types) => types.map((type) => "Server.ByType." + type);
	const level = (name, path) => ({ name, path, rate: false });
	const CHARTS = [
		{ title: "Requests", unit: "per second", format: count, series: [rate("requests", "Server.Requests"), rate("errors", "Server.Errors")] },
		{ title: "Requests by type", unit: "per second", format: count, series: [
			rate("calls", ofType("Call", "Eval")), rate("selects", ofType("Select")),
			rate("changes", ofType("Insert", "Replace", "Update", "Delete", "Upsert")), rate("SQL", ofType("Execute", "Prepare")),
			rate("others", ofType("Begin", "Commit", "Rollback", "Auth", "Ping", "ID", "Watch", "Unwatch", "WatchOnce", "Other"))] },
		{ title: "Pushes and events", unit: "per second", format: count, series: [rate("pushes", "Server.Pushes"), rate("events", "Server.Events")] },
		{ title: "Sessions", unit: "open", format: count, series: [level("sessions", "Server.Connections"), level("streams", "Server.Streams")] },
		{ title: "Watchers", unit: "now", format: count, series: [level("watchers", "Server.Watchers"), level("watched keys", "Server.WatchedKeys")] },
		{ title: "Under way", unit: "requests", format: count, series: [
			level("in progress", "Server.RequestsInProgress"), level("in stream queues", "Server.RequestsInStreamQueue")] },
		{ title: "Back-pressure", unit: "per second; held up: now", format: count, series: [
			level("connections held up", "Server.RequestsWaiting"), rate("output high watermark", "Reactor.Pressures"),
			rate("input high watermark", "Reactor.ReadPressures"), rate("pushes dropped", "Server.PushesDropped"),
			rate("pushes refused", "Server.PushesRefused")] },
		{ title: "Bytes", unit: "per second", format: bytes, series: [rate("in", "Reactor.BytesIn"), rate("out", "Server.Sent")] },
		{ title: "Failures", unit: "per second", format: count, series: [
			rate("panics", "Server.Panics"), rate("wrong credentials", "Server.AuthFailures"),
			rate("refused connections", "Server.ConnectionsRefused"), rate("timeouts", "Reactor.Timeouts"),
			rate("failures of accept", "Reactor.AcceptErrors")] },
		{ title: "Turns of the loops", unit: "per second", format: count, series: [rate("turns", "Reactor.Turns"), rate("wake-ups", "Reactor.Kicks")] },
		{ title: "Longest turn", unit: "since the start", format: duration, series: [level("longest turn", "Reactor.LongestTurn")] },
		{ title: "Stalls", unit: "per second", format: count, series: [rate("stalled turns", "Reactor.Stalls")] },
		{ title: "System calls", unit: "per second", format: count, series: [rate("reads", "Reactor.Reads"), rate("writes", "Reactor.Writes")] },
	];
	const TILES = [
		{ ...rate("requests/s", "Server.Requests"), format: count },
		{ ...rate("pushes/s", "Server.Pushes"), format: count },
		{ ...level("sessions", "Server.Connections"), format: count },
		{ ...level("in progress", "Server.RequestsInProgress"), format: count },
		{ ...level("held up", "Server.RequestsWaiting"), format: count, bad: true },
		{ ...level("errors in all", "Server.Errors"), format: count },
		{ ...level("panics in all", "Server.Panics"), format: count, bad: true },
		{ ...level("stalls in all", "Reactor.Stalls"), format: count, bad: true },
	];
	const LOOP = [
		["loop", level("", "ID"), String], ["connections", level("", "Conns"), count], ["in/s", rate("", "BytesIn"), bytes],
		["out/s", rate("", "BytesOut"), bytes], ["turns/s", rate("", "Turns"), count], ["longest turn", level("", "LongestTurn"), duration],
		["stalls", level("", "Stalls"), count], ["fibers", level("", "LiveFibers"), count], ["timers", level("", "ArmedTimers"), count],
	];

	// Figures.
	function scaled(v, base, units) {
		let i = 0;
		while (Math.abs(v) >= base && i < units.length - 1) {
			v /= base;
			i++;
		}
		const digits = Math.abs(v) >= 100 || Number.isInteger(v) ? 0 : Math.abs(v) >= 10 ? 1 : 2;
		return String(Number(v.toFixed(digits))) + units[i];
	}
	function count(v) { return scaled(v, 1000, ["", " k", " M", " G", " T"]); }
	function bytes(v) { return scaled(v, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]); }
	function duration(v) { return v < 1e9 ? scaled(v, 1000, [" ns", " µs", " ms"]) : scaled(v / 1e9, 1e9, [" s"]); }
	function ago(seconds) {
		const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24, m = Math.floor(seconds / 60) % 60;
		return d ? d + " d " + h + " h" : h ? h + " h " + m + " min" : m ? m + " min" : Math.floor(seconds) + " s";
	}
	// ceiling is a round figure that v fits below.
	function ceiling(v, format) {
		const base = format === bytes ? 1024 : 1000;
		let unit = 1;
		while (v > unit * base) unit *= base;
		for (const n of [1, 2, 5, 10, 20, 50, 100, 200, 500]) if (v <= n * unit) return n * unit;
		return unit * base;
	}
	const at = (snapshot, path) => Array.isArray(path) ? path.reduce((sum, one) => sum + at(snapshot, one), 0) : path.split(".").reduce((o, key) => o == null ? undefined : o[key], snapshot);
	// value is a series at a snapshot, given the one before: undefined when it can not be known.
	function value(series, now, before) {
		const v = at(now, series.path);
		if (!series.rate || v === undefined) return v;
		const was = before && at(before, series.path), seconds = before && (now.at - before.at) / 1000;
		return was === undefined || was > v || !(seconds > 0) ? undefined : (v - was) / seconds;
	}

	// Elements.
	const find = (id) => document.getElementById(id);
	function make(kind, parent, className, text) {
		const e = document.createElement(kind);
		if (className) e.className = className;
		if (text !== undefined) e.textContent = text;
		parent.append(e);
		return e;
	}
	function draw(kind, parent, attributes) {
		const e = document.createElementNS("http://www.w3.org/2000/svg", kind);
		for (const name in attributes) e.setAttribute(name, attributes[name]);
		parent.append(e);
		return e;
	}
	function setText(e, text) { if (e.textContent !== text) e.textContent = text; }

	// A chart on a field of 1000 by 100, the newest on the right.
	class Chart {
		constructor(spec, first) {
			this.spec = spec;
			this.series = spec.series.filter((s) => at(first, s.path) !== undefined);
			if (!this.series.length) return;
			const card = make("article", find("charts"), "chart"), head = make("header", card);
			make("h2", head, "", spec.title);
			this.when = make("small", head, "", spec.unit);
			const plot = make("div", card, "plot");
			const svg = draw("svg", plot, { viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": spec.title + ", " + spec.unit });
			for (const y of [0, 50, 100]) draw("line", svg, { class: "grid", x1: 0, x2: 1000, y1: y, y2: y });
			this.area = draw("path", svg, { class: "area c0" }); // below the first line
			this.lines = this.series.map((s, i) => draw("path", svg, { class: "line c" + i }));
			this.cursor = draw("line", svg, { class: "cursor", y1: 0, y2: 100, visibility: "hidden" });
			this.top = make("small", plot, "top");
			this.half = make("small", plot, "half");
			const legend = make("ul", card, "legend");
			this.values = this.series.map((s, i) => {
				const item = make("li", legend, "c" + i);
				make("i", item);
				make("span", item, "", s.name);
				return make("b", item, "", "–");
			});
			plot.addEventListener("pointermove", (e) => {
				const box = plot.getBoundingClientRect();
				this.point = (e.clientX - box.left) / box.width;
				this.update();
			});
			plot.addEventListener("pointerleave", () => {
				this.point = undefined;
				this.update();
			});
		}
		update() {
			if (!this.series.length || !history.length) return;
			const last = history[history.length - 1], window = HISTORY * last.interval;
			const x = (snapshot) => 1000 + (snapshot.at - last.at) / window * 1000;
			const table = this.series.map((s) => history.map((now, i) => value(s, now, history[i - 1])));
			const top = ceiling(Math.max(1, ...table.flat().filter((v) => v !== undefined)), this.spec.format);
			table.forEach((values, n) => {
				const points = [];
				values.forEach((v, i) => {
					if (v !== undefined) points.push([x(history[i]).toFixed(1), (100 - v / top * 100).toFixed(2)]);
				});
				const d = points.length ? "M" + points.map((p) => p.join(" ")).join("L") : "";
				this.lines[n].setAttribute("d", d);
				if (n === 0) this.area.setAttribute("d", d && d + "V100H" + points[0][0] + "Z");
			});
			setText(this.top, this.spec.format(top));
			setText(this.half, this.spec.format(top / 2));
			this.read(table, last, x);
		}
		// read shows the values under the pointer, or the newest.
		read(table, last, x) {
			let i = history.length - 1;
			if (this.point !== undefined) {
				const off = (s) => Math.abs(x(s) - this.point * 1000);
				history.forEach((s, n) => { if (off(s) < off(history[i])) i = n; });
			}
			const shown = history[i];
			this.cursor.setAttribute("visibility", this.point === undefined ? "hidden" : "visible");
			this.cursor.setAttribute("x1", x(shown));
			this.cursor.setAttribute("x2", x(shown));
			setText(this.when, shown === last ? this.spec.unit : Math.round((last.at - shown.at) / 1000) + " s ago");
			this.values.forEach((e, n) => {
				const v = table[n][i];
				setText(e, v === undefined ? "–" : this.spec.format(v));
			});
		}
	}

	let history = []; // snapshots, oldest first
	let charts, tiles;

	function begin(first) {
		find("charts").replaceChildren();
		find("tiles").replaceChildren();
		find("loops").hidden = !first.Loops;
		find("loopless").hidden = !!first.Loops;
		charts = CHARTS.map((spec) => new Chart(spec, first));
		tiles = TILES.filter((t) => at(first, t.path) !== undefined).map((t) => {
			const card = make("div", find("tiles"), "tile"), figure = make("b", card, "", "–");
			make("span", card, "", t.name);
			return (now, before) => {
				const v = value(t, now, before);
				setText(figure, v === undefined ? "–" : t.format(v));
				card.classList.toggle("bad", !!t.bad && v > 0);
			};
		});
		const row = make("tr", find("loops").querySelector("thead"));
		row.parentNode.replaceChildren(row);
		for (const [name] of LOOP) make("th", row, "", name).scope = "col";
	}

	// fill makes the rows of a table, again only as far as they differ in number.
	function fill(body, rows) {
		while (body.rows.length > rows.length) body.lastChild.remove();
		rows.forEach((cells, i) => {
			const row = body.rows[i] || make("tr", body);
			cells.forEach((text, n) => setText(row.cells[n] || make("td", row), text));
		});
	}

	function showLoops(now, before) {
		fill(find("loops").querySelector("tbody"), (now.Loops || []).map((loop, i) => {
			const was = before && before.Loops && before.Loops[i];
			return LOOP.map(([, series, format]) => {
				const v = value(series, { ...loop, at: now.at }, was && { ...was, at: before.at });
				return v === undefined ? "–" : format(v);
			});
		}));
	}

	// showTypes makes a row for each type of request that has come.
	function showTypes(now, before) {
		const rows = Object.keys(now.Server.ByType).map((type) => {
			const path = "Server.ByType." + type, perSecond = value(rate("", path), now, before);
			return [type, perSecond === undefined ? "–" : count(perSecond), at(now, path)];
		}).filter(([, , sum]) => sum > 0);
		fill(find("types").querySelector("tbody"), rows.map(([type, perSecond, sum]) => [type, perSecond, sum.toLocaleString("en")]));
	}

	// flat are the figures of a group, with those of groups in it.
	const flat = (group, prefix = "") => Object.entries(group).flatMap(([name, v]) =>
		typeof v === "object" && v ? flat(v, prefix + name + ".") : [[prefix + name, v]]);

	function showAll(now) {
		for (const group of ["Server", "Reactor"]) {
			if (!now[group]) continue;
			const id = "all-" + group;
			if (!find(id)) {
				const table = make("table", find("all"));
				make("th", make("tr", make("thead", table)), "", group);
				make("tbody", table).id = id;
			}
			fill(find(id), flat(now[group]).map(([name, v]) => [name, name === "LongestTurn" ? duration(v) :
				typeof v === "number" ? v.toLocaleString("en") : JSON.stringify(v)]));
		}
	}

	function show(now) {
		now.at = Date.parse(now.Time);
		now.interval = now.Interval / 1e6; // milliseconds
		const newest = history[history.length - 1];
		if (!newest || newest.Started !== now.Started) {
			history = [];
			begin(now);
		}
		history.push(now);
		history = history.filter((s) => now.at - s.at <= HISTORY * now.interval);
		const before = history[history.length - 2];
		charts.forEach((c) => c.update());
		tiles.forEach((update) => update(now, before));
		showTypes(now, before);
		showLoops(now, before);
		showAll(now);
		setText(find("uptime"), "the last " + ago(HISTORY * now.interval / 1000) + "; up " + ago((now.at - Date.parse(now.Started)) / 1000));
		document.body.dataset.samples = history.length;
	}

	// The stream of snapshots, which is there while the page is visible.
	let events, again;
	function say(text, className) {
		setText(find("state"), text);
		find("state").className = className;
	}
	function connect() {
		disconnect();
		events = new EventSource("?format=events");
		events.onmessage = (e) => {
			say("live", "live");
			show(JSON.parse(e.data));
		};
		events.onerror = () => {
			say("no connection, trying again", "lost");
			events.close();
			again = setTimeout(connect, 2000);
		};
	}
	function disconnect() {
		clearTimeout(again);
		if (events) events.close();
	}
	document.addEventListener("visibilitychange", () => document.hidden ? disconnect() : connect());
	if (!document.hidden) connect();
})();
