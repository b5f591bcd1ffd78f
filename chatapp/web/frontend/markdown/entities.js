/**
 * Characters by the names that HTML gives them: those of HTML 4 that people write. Others stay as they were written.
 *
 * Source: the HTML standard, "Named character references".
 */
const NAMED = new Map(
  (
    "amp& lt< gt> quot\" apos' nbsp\u00a0 copy© reg® trade™ hellip… mdash— ndash– lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” " +
    "bdquo„ laquo« raquo» lsaquo‹ rsaquo› bull• middot· deg° plusmn± times× divide÷ frac12½ frac14¼ frac34¾ sup1¹ sup2² " +
    "sup3³ micro° para¶ sect§ cent¢ pound£ yen¥ euro€ iexcl¡ iquest¿ dagger† Dagger‡ permil‰ prime′ Prime″ larr← uarr↑ " +
    "rarr→ darr↓ harr↔ lArr⇐ rArr⇒ hArr⇔ forall∀ part∂ exist∃ empty∅ nabla∇ isin∈ notin∉ ni∋ prod∏ sum∑ minus− radic√ " +
    "prop∝ infin∞ ang∠ and∧ or∨ cap∩ cup∪ int∫ there4∴ sim∼ cong≅ asymp≈ ne≠ equiv≡ le≤ ge≥ sub⊂ sup⊃ sube⊆ supe⊇ " +
    "oplus⊕ otimes⊗ perp⊥ sdot⋅ Alpha\u0391 Beta\u0392 Gamma\u0393 Delta\u0394 Epsilon\u0395 Theta\u0398 Lambda\u039b Pi\u03a0 " +
    "Sigma\u03a3 Phi\u03a6 Psi\u03a8 Omega\u03a9 alpha\u03b1 beta\u03b2 gamma\u03b3 delta\u03b4 epsilon\u03b5 zeta\u03b6 eta\u03b7 " +
    "theta\u03b8 iota\u03b9 kappa\u03ba lambda\u03bb mu\u03bc nu\u03bd xi\u03be pi\u03c0 rho\u03c1 sigma\u03c3 tau\u03c4 phi\u03c6 " +
    "chi\u03c7 psi\u03c8 omega\u03c9 Agrave\u00c0 Aacute\u00c1 Auml\u00c4 AElig\u00c6 Ccedil\u00c7 Eacute\u00c9 Ntilde\u00d1 " +
    "Ouml\u00d6 Uuml\u00dc szlig\u00df agrave\u00e0 aacute\u00e1 acirc\u00e2 auml\u00e4 aring\u00e5 aelig\u00e6 ccedil\u00e7 " +
    "egrave\u00e8 eacute\u00e9 ecirc\u00ea euml\u00eb iacute\u00ed ntilde\u00f1 oacute\u00f3 ocirc\u00f4 ouml\u00f6 oslash\u00f8 " +
    "uacute\u00fa ucirc\u00fb uuml\u00fc yuml\u00ff spades♠ clubs♣ hearts♥ diams♦ check✓"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, -1), entry.slice(-1)]),
);
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z]\w{1,31}));/g;
const LAST_CHARACTER = 0x10_ff_ff;

/**
 * Returns the text with its references to characters resolved, like `&eacute;` and `&#233;`.
 *
 * @param {string} text
 */
export function unescaped(text) {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole, decimal, hex, name) => {
    if (name) return NAMED.get(name) ?? whole;
    return character(decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16));
  });
}

/** @param {number} code */
function character(code) {
  const isOne = code > 0 && code <= LAST_CHARACTER && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return isOne ? String.fromCodePoint(code) : "\ufffd";
}
