// The test kit's door.

export {};
