/* What a hand does over a view: the pen's line, and what every viewer does with mouse, wheel and fingers. */
(function () {
  "use strict";

  // While a line is drawn at most one message of it goes to the server at a time.
  const PAUSE_MS = 80;
  const CLICK_PIXELS = 4, TOLD_MS = 5000, SOON_MS = 2000, PICTURE_MS = 1000;
  const ours = (window.sketchNoduleSynth ??= { parts: {} });

  // The line is drawn here at once; its points go to the server in shares of the view's width and height, so that
  // neither zoom nor the screen's resolution matters. The canvas lets the pointer through: what is not drawn with goes
  // on to Slicer's own view below, so that it can be scrolled, zoomed and shifted with any pen in the hand.
  const SketchPad = {
    props: ["view", "line", "told", "title", "straight"],
    mixins: [(ours.touch ??= {})], // Whichever file comes first.
    inject: ["trame"],
    emits: ["enlarge"],
    template: `<div class="pad"><canvas ref="canvas" class="sketch-pad" :data-view="view"></canvas>
      <div v-if="bubble" class="told" role="alert" :class="bubble">{{ told }}</div></div>`,
    data: () => ({ bubble: "" }),
    created() {
      this.points = null;
      this.isSending = false;
      this.fingers = new Map();
      this.pressed = this.pointer = null;
      this.listen();
    },
    mounted() {
      this.canvas = this.$refs.canvas;
      this.area = this.$el.parentElement;
      this.handlers = {
        pointerdown: this.press, pointermove: this.move, pointerup: this.release, pointercancel: this.cancel,
        pointerenter: () => (ours.view = this.view), focus: () => (ours.view = this.view), dblclick: this.enlarge,
      };
      for (const [name, handle] of Object.entries(this.handlers)) this.area.addEventListener(name, handle, true);
      this.area.classList.toggle("drawing", !!this.line);
      this.name();
    },
    unmounted() {
      this.free();
      for (const [name, handle] of Object.entries(this.handlers)) this.area.removeEventListener(name, handle, true);
    },
    watch: {
      line: {
        handler() {
          delete ours.pens[this.view];
          if (!this.isTentative) this.drop();
          this.$el.parentElement.classList.toggle("drawing", !!this.line);
        },
        flush: "post",
      },
      // What is told of a line is told at the edge nearer to its end: in the middle stands what was drawn.
      told(sentence) {
        const at = ours.ended;
        const isOfIt = sentence && at?.view === this.view && at.when > ours.asked && performance.now() < at.until;
        if (!isOfIt) return (this.bubble = "");
        this.bubble = at.y < 0.5 ? "top" : "bottom";
        setTimeout(() => (this.bubble = ""), TOLD_MS);
      },
    },
    methods: {
      // What a screen reader says of the picture, which the framework makes a moment later.
      name() {
        const picture = this.area.querySelector("img");
        if (picture) {
          picture.alt = this.title;
          const stop = picture.closest("[tabindex]"); // Where the tab key stops, and arrows scroll.
          stop?.setAttribute("role", "group");
          stop?.setAttribute("aria-label", this.title);
        } else setTimeout(this.name, 100);
      },
      at(event) {
        const box = this.canvas.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      },
      take(event) {
        event.preventDefault();
        event.stopPropagation();
      },
      press(event) {
        if (event.target.closest("button, input, a")) return;
        ours.view = this.view;
        this.bubble = "";
        const isTouch = event.pointerType === "touch";
        if (isTouch) this.fingers.set(event.pointerId, this.at(event));
        if (isTouch && this.fingers.size > 1) {
          this.letGo([...this.fingers.values()][0]);
          this.drop();
          this.take(event);
        } else if (event.button === 0 && !event.shiftKey && !event.ctrlKey && this.mayDraw()) {
          this.take(event);
          this.canvas.setPointerCapture(event.pointerId);
          this.pointer = event.pointerId;
          ours.drawing = this;
          this.points = [this.at(event)];
          // A key or a button may just be giving the pen: then it is drawn with, as the hand meant it.
          this.isTentative = !this.line;
          this.pressed = this.isTentative ? this.clickOf(event) : null;
          this.draw();
        } else if (isTouch) {
          this.take(event);
          this.touch(event);
          this.pressed = this.clickOf(event);
        } else {
          // With Ctrl it is for a line's points.
          this.pressed = event.button === 0 && !event.ctrlKey ? this.clickOf(event) : null;
        }
        this.pressAgain();
      },
      mayDraw() {
        return this.line || ours.awaited || ours.pens[this.view];
      },
      clickOf(event) {
        return { x: event.clientX, y: event.clientY, id: event.pointerId };
      },
      move(event) {
        if (this.pressed && Math.hypot(event.clientX - this.pressed.x, event.clientY - this.pressed.y) > CLICK_PIXELS) {
          this.pressed = null;
          ours.click?.settle();
        }
        if (this.points && event.pointerId === this.pointer) {
          this.take(event);
          const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
          for (const each of events.length ? events : [event]) this.points.push(this.at(each));
          this.draw();
          this.send();
        } else if (this.fingers.has(event.pointerId)) {
          this.take(event);
          if (this.fingers.size > 1) this.stretch(event);
          else if (event.pointerId !== this.pointer) this.drag(event);
          this.fingers.set(event.pointerId, this.at(event));
        } else if (event.pointerId === this.pointer) {
          this.take(event); // Of a line that was dropped.
        }
      },
      release(event) {
        if (this.fingers.delete(event.pointerId)) this.letGo(this.at(event));
        if (event.pointerId === this.pointer) {
          this.take(event);
          this.pointer = null;
          if (this.points) this.finish(this.at(event));
          else this.free();
        } else if (this.pressed && this.pressed.id === event.pointerId) {
          this.pressed = null;
          this.click(this.at(event));
        }
      },
      async finish(at) {
        const points = this.points;
        points.push(at);
        if (this.isTentative) await ours.awaited;
        if (this.points !== points) return; // It was dropped meanwhile.
        if (this.isTentative && this.pressed && !this.mayDraw()) {
          this.drop(); // No pen came, and the hand clicked.
          return this.click(at);
        }
        // Whether there is a pen in this view the server knows: the page's state may follow much later.
        this.isTentative = false;
        this.points = this.pressed = null;
        this.free();
        const ended = (ours.ended = { view: this.view, y: at[1], when: performance.now(), until: Infinity });
        await this.trame.trigger("pen", [this.view, points, true]);
        ended.until = performance.now() + SOON_MS;
        this.clearWithNextPicture();
      },
      cancel(event) {
        if (this.fingers.delete(event.pointerId)) this.letGo(this.at(event));
        if (event.pointerId === this.pointer) this.pointer = null;
        ours.click?.settle();
        this.drop();
      },
      free() {
        if (ours.drawing === this) ours.drawing = null;
      },
      enlarge(event) {
        if (this.line || event.target.closest("button, input, a")) return;
        this.take(event);
        ours.click?.forget();
        this.$emit("enlarge");
      },
      async send() {
        if (this.isSending || !this.points || !this.line) return;
        this.isSending = true;
        try {
          await this.trame.trigger("pen", [this.view, this.points, false]);
          // The end of the stroke shall not stand in line behind previews of its middle.
          await new Promise((done) => setTimeout(done, PAUSE_MS));
        } finally {
          this.isSending = false;
        }
      },
      drop() {
        if (this.points && this.line) this.trame.trigger("pen", [this.view, [], true]);
        this.points = this.pressed = null;
        this.isTentative = false;
        if (this.pointer === null) this.free();
        this.clear();
      },
      // That has the line, or shows what came of it; where none comes nothing did.
      clearWithNextPicture() {
        const clear = () => {
          picture?.removeEventListener("load", clear);
          clearTimeout(late);
          if (!this.points) this.clear();
        };
        const picture = this.area.querySelector("img"), late = setTimeout(clear, PICTURE_MS);
        picture?.addEventListener("load", clear);
      },
      clear() {
        this.canvas.width = this.canvas.clientWidth * devicePixelRatio;
        this.canvas.height = this.canvas.clientHeight * devicePixelRatio;
      },
      draw() {
        this.clear();
        if (!this.line) return;
        const pen = this.canvas.getContext("2d");
        const { width, height } = this.canvas;
        pen.strokeStyle = this.line[0];
        pen.lineWidth = this.line[1] * devicePixelRatio;
        pen.lineCap = pen.lineJoin = "round";
        pen.beginPath();
        const shown = this.straight ? [this.points[0], this.points[this.points.length - 1]] : this.points;
        for (const [x, y] of shown) pen.lineTo(x * width, y * height);
        pen.stroke();
      },
    },
  };

  ours.parts["sketch-pad"] = SketchPad;
})();
