import { offerPreferences } from "./preferences.js";

offerPreferences();
