import { mount } from "svelte";
import { connect } from "./backend/connect";
import Popup from "./popup/Popup.svelte";
import "./shared/theme.css";

const target = document.getElementById("app");
if (!target) throw new Error("The page has no element for the application.");
mount(Popup, { target, props: { backend: await connect() } });
