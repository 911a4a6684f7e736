/* What must run in the browser beside the views' pads: the keyboard, steps, sending files. Plain Vue components. */
(function () {
  "use strict";
  // The state is shared by all tabs; that they are several is known only here.
  const TAB = Math.random().toString(36).slice(2);
  const ours = (window.sketchNoduleSynth ??= { parts: {} }); // Whichever file comes first.
  Object.assign(ours, {
    view: "", // The one under the pointer.
    awaited: null, // What was asked for and is not done: clicks meanwhile are meant for the tool that it brings.
    asked: 0, // When something was asked for the last time.
    ended: null, // Where and when the last line that a pen drew ended.
    click: null, // One that may be the first of two.
    drawing: null, // The pad on which the hand that draws a line is still down.
    pens: {}, // By view, as that was answered; the page's state follows, and then has the word.
    // What was ticked or typed before counts: the framework keeps it back while the server is busy with something.
    doing(ask) {
      const { client, state } = window.trame;
      const changes = [...state.dirtyKeys].map((key) => ({ key, value: state.get(key) }));
      state.dirtyKeys.clear();
      if (changes.length) client.getRemote().Trame.updateState(changes);
      const promise = (ours.awaited = ask());
      ours.asked = performance.now();
      const done = (pens) => {
        ours.pens = pens ?? {};
        if (ours.awaited === promise) ours.awaited = null;
      };
      promise.then(done, () => done());
      return promise;
    },
    // One message at a time; what comes meanwhile is added up by `add` and sent afterwards.
    queue(send, add) {
      let waiting = null, isSending = false;
      return async (message) => {
        waiting = waiting ? add(waiting, message) : message;
        if (isSending) return;
        isSending = true;
        try {
          while (waiting) {
            const next = waiting;
            waiting = null;
            await send(next);
          }
        } finally {
          isSending = false;
        }
      };
    },
    install(app) {
      Object.assign(app.config.globalProperties, {
        tab: TAB, doing: ours.doing, confirmed: (question) => window.confirm(question),
      });
      for (const [name, part] of Object.entries(ours.parts)) app.component(name, part);
    },
  });

  // Calls to the server that the framework makes by itself fail with plain objects, of which a browser says "Object".
  // Where the line is closed, as when the page is left, nobody waits for them.
  const LINE_IS_CLOSED = -32099;
  window.addEventListener("unhandledrejection", (event) => {
    const { code, message, data } = event.reason ?? {};
    if (code === undefined || event.reason instanceof Error) return;
    event.preventDefault();
    if (code !== LINE_IS_CLOSED) console.error("The server refused a call:", message, JSON.stringify(data));
  });

  // What a field takes of the keyboard itself; all else is the app's, so that after a number the pens' keys work.
  const OF_NUMBERS = /^([^A-Z]|Arrow.*|Home|End|Backspace|Delete|Tab|Enter)$/;
  const OF_RANGES = /^(Arrow.*|Page.*|Home|End|Tab)$/;
  const DROPS = ["Escape", "Z", "Ctrl+Z"];
  const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

  function isFields(field, key) {
    if (field.isContentEditable || field.tagName === "TEXTAREA") return true;
    if (field.tagName === "SELECT") return OF_NUMBERS.test(key);
    if (field.getAttribute("role") === "slider") return OF_RANGES.test(key);
    if (field.tagName !== "INPUT") return false;
    const taken = { text: /./, number: OF_NUMBERS, range: OF_RANGES }[field.type];
    return !!taken && taken.test(key);
  }

  ours.parts["app-keys"] = {
    props: ["keys", "active"],
    inject: ["trame"],
    template: "<span hidden></span>",
    mounted() {
      window.addEventListener("keydown", this.press, true);
      window.addEventListener("resize", this.tellScreen);
      this.trame.trigger("use_here", [TAB]);
      this.tellScreen();
    },
    unmounted() {
      window.removeEventListener("keydown", this.press, true);
      window.removeEventListener("resize", this.tellScreen);
    },
    methods: {
      // How many of the screen's pixels a picture has for one of the page's: another screen, or the browser's zoom.
      tellScreen() {
        this.trame.trigger("screen", [devicePixelRatio]);
      },
      press(event) {
        if (!this.active || event.altKey) return;
        const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
        const isCommand = event.ctrlKey || event.metaKey;
        const named = isCommand ? (event.shiftKey ? "Ctrl+Shift+" : "Ctrl+") + key : key;
        if (ours.drawing) {
          // What else takes back a step takes back the line; all other keys wait for its end.
          if (DROPS.includes(named)) ours.drawing.drop();
          event.preventDefault();
          event.stopPropagation();
          return;
        }
        const field = event.target;
        if (isCommand ? field.type === "text" : isFields(field, key)) return;
        const isScroll = !isCommand && key in STEPS && ours.view;
        if (!isScroll && !this.keys.includes(named)) return;
        event.preventDefault();
        event.stopPropagation();
        // What was typed counts before the key does.
        if (field.type === "number") field.blur();
        if (isScroll) this.trame.trigger("scroll", [ours.view, STEPS[key]]);
        else ours.doing(() => this.trame.trigger("key", [named]));
      },
    },
  };

  ours.parts["app-step-at"] = {
    props: ["at"],
    template: "<span hidden></span>",
    watch: {
      async at() {
        await this.$nextTick();
        const step = document.querySelector("summary[aria-current=step]")?.parentElement;
        if (!step) return;
        step.open = true;
        step.scrollIntoView({ block: "nearest" });
      },
    },
  };

  ours.parts["app-row-at"] = {
    props: ["at"],
    template: "<span hidden></span>",
    watch: {
      async at() {
        await this.$nextTick();
        this.$el.closest("table").querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
      },
    },
  };

  // The slice that a view shows. While it is asked for others, the slider stays where the hand left it: what the server
  // shows meanwhile is behind, and would be counted on from.
  ours.parts["app-slices"] = {
    props: ["view", "slice", "slices"],
    inject: ["trame"],
    template: `<input type="range" class="slices" :min="1" :max="slices" :value="asked ?? slice" @input="ask">`,
    data: () => ({ asked: null, isAsking: false }),
    created() {
      this.send = ours.queue(async (number) => {
        this.isAsking = true;
        try {
          await this.trame.trigger("slice", [this.view, number]);
        } finally {
          this.isAsking = false;
        }
      }, (a, b) => b);
    },
    watch: {
      slice() {
        if (!this.isAsking) this.asked = null;
      },
    },
    methods: {
      ask(event) {
        this.asked = Number(event.target.value);
        this.send(this.asked);
      },
    },
  };

  ours.parts["app-upload"] = {
    props: ["text", "url", "accept", "folder", "disabled", "hint", "ask"],
    inject: ["trame"],
    template: `<label class="upload" :class="{ disabled }" :title="hint" tabindex="0"
        @keydown.enter="$refs.files.click()" @keydown.space.prevent="$refs.files.click()">
      {{ text }}
      <input ref="files" type="file" hidden :accept="accept" :disabled="disabled" :multiple="folder !== undefined"
        :webkitdirectory="folder !== undefined || null" @change="send($event.target)">
    </label>`,
    methods: {
      async send(input) {
        const form = new FormData();
        for (const file of input.files) form.append("file", file, file.webkitRelativePath || file.name);
        input.value = "";
        if (this.ask && !window.confirm(this.ask)) return;
        try {
          await fetch(this.url, { method: "POST", body: form });
        } catch (error) {
          // A server that refuses what was announced closes the line; what it says stands in the page.
        }
      },
    },
  };
})();
