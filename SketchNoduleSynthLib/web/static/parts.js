/* What must run in the browser: the line under the pointer, the keyboard, sending files. Plain Vue components. */
(function () {
  "use strict";

  // The pen. The line is drawn here at once; its points go to the server, while it is drawn at most one message at
  // a time, in shares of the view's width and height, so that neither zoom nor the screen's resolution matters.
  const PAUSE_MS = 80;

  const SketchPad = {
    props: ["view", "line"],
    inject: ["trame"],
    template: `<canvas class="sketch-pad" :class="{ active: line }" :data-view="view"
      @pointerdown="begin" @pointermove="go" @pointerup="end" @pointercancel="drop" @wheel="pass"></canvas>`,
    created() {
      this.points = null;
      this.isSending = false;
    },
    watch: {
      line() {
        this.drop();
      },
    },
    methods: {
      at(event) {
        const box = this.$el.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      },
      begin(event) {
        if (!this.line || event.button !== 0 || this.points) return;
        event.preventDefault();
        this.$el.setPointerCapture(event.pointerId);
        this.pointer = event.pointerId;
        this.points = [this.at(event)];
        this.draw();
      },
      go(event) {
        if (!this.points || event.pointerId !== this.pointer) return;
        const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
        for (const each of events.length ? events : [event]) this.points.push(this.at(each));
        this.draw();
        this.send();
      },
      async send() {
        if (this.isSending || !this.points) return;
        this.isSending = true;
        try {
          await this.trame.trigger("pen", [this.view, this.points, false]);
          // The end of the stroke shall not stand in line behind previews of its middle.
          await new Promise((done) => setTimeout(done, PAUSE_MS));
        } finally {
          this.isSending = false;
        }
      },
      async end(event) {
        if (!this.points || event.pointerId !== this.pointer) return;
        this.points.push(this.at(event));
        const points = this.points;
        this.points = null;
        await this.trame.trigger("pen", [this.view, points, true]);
        // The picture with the line comes a moment after the answer.
        setTimeout(() => this.points || this.clear(), 120);
      },
      drop() {
        this.points = null;
        this.clear();
      },
      clear() {
        this.$el.width = this.$el.clientWidth * devicePixelRatio;
        this.$el.height = this.$el.clientHeight * devicePixelRatio;
      },
      draw() {
        this.clear();
        const pen = this.$el.getContext("2d");
        const { width, height } = this.$el;
        pen.strokeStyle = this.line[0];
        pen.lineWidth = this.line[1] * devicePixelRatio;
        pen.lineCap = pen.lineJoin = "round";
        pen.beginPath();
        for (const [x, y] of this.points) pen.lineTo(x * width, y * height);
        pen.stroke();
      },
      // Slices are scrolled with the pen in the hand.
      pass(event) {
        event.preventDefault();
        const below = this.$el.parentElement.querySelector("canvas:not(.sketch-pad), img, video");
        if (below) below.dispatchEvent(new WheelEvent(event.type, event));
      },
    },
  };

  const AppKeys = {
    props: ["keys", "active"],
    inject: ["trame"],
    template: "<span hidden></span>",
    mounted() {
      window.addEventListener("keydown", this.press);
      this.trame.trigger("use_here", [TAB]);
    },
    unmounted() {
      window.removeEventListener("keydown", this.press);
    },
    methods: {
      press(event) {
        const field = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "range";
        if (!this.active || field || event.ctrlKey || event.metaKey || event.altKey) return;
        const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
        if (!this.keys.includes(key)) return;
        event.preventDefault();
        this.trame.trigger("key", [key]);
      },
    },
  };

  const AppUpload = {
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

  // The state is shared by all tabs; that they are several is known only here.
  const TAB = Math.random().toString(36).slice(2);

  window.sketchNoduleSynth = {
    install(app) {
      app.config.globalProperties.tab = TAB;
      app.config.globalProperties.confirmed = (question) => window.confirm(question);
      app.component("sketch-pad", SketchPad);
      app.component("app-keys", AppKeys);
      app.component("app-upload", AppUpload);
    },
  };
})();
