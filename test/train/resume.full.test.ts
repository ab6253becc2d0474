import { describeResume } from "./resume.ts";

describeResume(10);
