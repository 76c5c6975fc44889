/**
 * Dragging the rows of a list into another order, with a mouse, a pen or a finger.
 *
 * Owns: one drag at a time, from the grip being taken to its release; Escape gives it up.
 * Never: changes the order itself; at each row that is passed it has its owner move.
 */

/**
 * Lets rows be dragged by their `.grip`.
 *
 * @param {HTMLElement} list
 * @param {(from: number, to: number) => void} move places from 0; draws the list anew
 * @param {(place: number) => void} done the row lies where it was let go
 */
export function draggable(list, move, done) {
  list.addEventListener("pointerdown", (event) => {
    const grip = /** @type {Element} */ (event.target).closest(".grip");
    const row = grip?.closest("li");
    if (!row || event.button !== 0) return;
    event.preventDefault(); // no text is selected on the way
    list.setPointerCapture(event.pointerId);
    drag(list, row, move, done);
  });
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {(from: number, to: number) => void} move
 * @param {(place: number) => void} done
 */
function drag(list, row, move, done) {
  const from = placeOf(list, row);
  const end = new AbortController();
  const { signal } = end;
  const moveTo = (/** @type {number} */ to) => {
    const place = placeOf(list, row);
    if (place < 0 || place === to) return; // it was taken away meanwhile, or is there
    move(place, to);
    row.scrollIntoView({ block: "nearest" });
  };
  const finish = () => {
    end.abort();
    row.classList.remove("dragged");
    done(placeOf(list, row));
  };
  const giveUp = () => {
    moveTo(from);
    finish();
  };
  row.classList.add("dragged");
  addEventListener("pointermove", (event) => moveTo(placeAt(list, row, event.clientY)), { signal });
  addEventListener("pointerup", finish, { signal });
  addEventListener("pointercancel", giveUp, { signal });
  addEventListener("keydown", (event) => event.key === "Escape" && giveUp(), { signal });
}

/**
 * Where the row would lie under a pointer at this height: after all rows whose middle is above.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 * @param {number} y
 */
function placeAt(list, row, y) {
  const others = [...list.children].filter((other) => other !== row);
  return others.filter((other) => {
    const { top, height } = other.getBoundingClientRect();
    return top + height / 2 < y;
  }).length;
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 */
const placeOf = (list, row) => [...list.children].indexOf(row);
