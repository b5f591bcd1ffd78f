import { offerPreferences } from "./preferences.js";
import { speakAsThePage } from "./texts_of_the_page.js";
import { WidgetPage } from "./views/widget_page.js";

await speakAsThePage();
offerPreferences();
new WidgetPage();
