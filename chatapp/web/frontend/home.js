import { Widget } from "./views/widget.js";

new Widget();
