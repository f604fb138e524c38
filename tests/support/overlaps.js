// Lines about the page's layout: what is wider than its place, and texts over each other.
(() => {
  const faults = [];
  const wide = document.documentElement.clientWidth;
  const name = (node) => `<${node.tagName}> "${node.textContent.trim().slice(0, 60)}"`;
  const seen = (node) => node.checkVisibility({ checkVisibilityCSS: true }) &&
    node.getBoundingClientRect().width > 1;
  if (document.documentElement.scrollWidth > wide) {
    faults.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${wide}`);
  }
  for (const node of document.body.querySelectorAll("*")) {
    if (!seen(node)) continue;
    const box = node.getBoundingClientRect();
    if (box.left < -0.5 || box.right > wide + 0.5) faults.push(`sticks out: ${name(node)}`);
    const cut = getComputedStyle(node).overflowX !== "visible" && !(node instanceof SVGElement);
    if (cut && node.scrollWidth > node.clientWidth + 1) faults.push(`is cut: ${name(node)}`);
  }
  for (const svg of document.querySelectorAll("figure > svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const boxes = texts.map((text) => text.getBoundingClientRect());
    boxes.forEach((a, i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
          a.bottom > frame.bottom + 1) faults.push(`leaves its chart: ${name(texts[i])}`);
      boxes.slice(i + 1).forEach((b, j) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 3) faults.push(`overlap: ${name(texts[i])} and ${name(texts[i + 1 + j])}`);
      });
    });
  }
  for (const cell of document.querySelectorAll("td.short")) {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
    if (seen(cell) && lines.size > 1) faults.push(`is broken: ${name(cell)}`);
  }
  // Blocks of text that should follow each other.
  const blocks = [...document.querySelectorAll("h1, h2, .verdict, .tile, section, figcaption, svg")]
    .filter(seen);
  const boxes = blocks.map((block) => block.getBoundingClientRect());
  boxes.forEach((a, i) => {
    for (let j = i + 1; j < blocks.length; j++) {
      const b = boxes[j];
      if (blocks[i].contains(blocks[j]) || blocks[j].contains(blocks[i])) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) faults.push(`overlap: ${name(blocks[i])} and ${name(blocks[j])}`);
    }
  });
  return faults;
})()
