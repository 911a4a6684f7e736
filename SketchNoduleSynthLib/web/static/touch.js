/* What the pads make of clicks and fingers: one click or two, a scroll, a pinch, or hold of a handle. */
(function () {
  "use strict";

  const SCROLL_PIXELS = 8, FINGER_PIXELS = 18, DOUBLE_MS = 250;
  const ours = (window.sketchNoduleSynth ??= { parts: {} });

  // A click is told when no second one can follow, since a double click shall change the layout and nothing else; but
  // before anything else is done, which may turn the view away below it.
  class Click {
    constructor(area, tell) {
      Object.assign(this, { area, tell });
    }
    await() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.settle(), DOUBLE_MS);
    }
    hold() {
      clearTimeout(this.timer);
    }
    settle() {
      this.forget();
      this.tell();
    }
    forget() {
      clearTimeout(this.timer);
      if (ours.click === this) ours.click = null;
    }
  }

  for (const name of ["keydown", "wheel"]) window.addEventListener(name, () => ours.click?.settle(), true);
  window.addEventListener("pointerdown", ({ target }) => ours.click?.area.contains(target) || ours.click?.settle(), true);

  // Of a pad: methods for its fingers, which are a map of where they are, in shares of the view.
  Object.assign((ours.touch ??= {}), {
    methods: {
      listen() {
        const trigger = (name) => (message) => this.trame.trigger(name, [this.view, ...message]);
        this.scroll = ours.queue(trigger("scroll"), (a, b) => [a[0] + b[0]]);
        this.pinch = ours.queue(trigger("pinch"), (a, b) => [a[0] * b[0], a[1], b[2]]);
        this.pull = ours.queue(trigger("pull"), (a, b) => b);
        this.grip = null;
      },
      // What lies under a finger the server knows: until it has said so nothing is scrolled, nor pulled.
      async touch(event) {
        this.dragged = event.clientY;
        const grip = (this.grip = { isHeld: null });
        const reach = FINGER_PIXELS / this.canvas.clientWidth;
        grip.isHeld = await this.trame.trigger("grip", [this.view, ...this.at(event), reach]);
      },
      letGo(at) {
        if (this.grip && this.grip.isHeld !== false) this.trame.trigger("let_go", [this.view, ...at]);
        this.grip = null;
      },
      drag(event) {
        if (this.pressed || !this.grip || this.grip.isHeld === null) return;
        if (this.grip.isHeld) return this.pull(this.at(event));
        const steps = Math.trunc((this.dragged - event.clientY) / SCROLL_PIXELS);
        if (!steps) return;
        this.dragged -= steps * SCROLL_PIXELS;
        this.scroll([steps]);
      },
      // Zoom and shift at once: what lies under the fingers stays under them.
      stretch(event) {
        const [before, after] = [new Map(this.fingers), new Map(this.fingers).set(event.pointerId, this.at(event))];
        const box = this.canvas.getBoundingClientRect();
        const measure = (fingers) => {
          const [[ax, ay], [bx, by]] = [...fingers.values()];
          return { middle: [(ax + bx) / 2, (ay + by) / 2], apart: Math.hypot((ax - bx) * box.width, (ay - by) * box.height) };
        };
        const [from, to] = [measure(before), measure(after)];
        if (from.apart > 0 && to.apart > 0) this.pinch([to.apart / from.apart, from.middle, to.middle]);
      },
      // The second press of a double click, or of something else.
      pressAgain() {
        if (this.pressed) ours.click?.hold();
        else ours.click?.settle();
      },
      click(at) {
        ours.click?.forget();
        ours.click = new Click(this.area, () => this.trame.trigger("point", [this.view, ...at]));
        ours.click.await();
      },
    },
  });
})();
