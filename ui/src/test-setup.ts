// What jsdom leaves out and the page relies on.
Element.prototype.scrollIntoView = () => undefined;
