import { offerPreferences } from "./preferences.js";
import { speakAsThePage } from "./texts.js";
import { Widget } from "./views/widget.js";

await speakAsThePage();
offerPreferences();
new Widget();
